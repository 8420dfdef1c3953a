/* SPDX-License-Identifier: Apache-2.0 */
/* ec2vpc.c - subnets, zones, route tables and VPCs as EC2 describes them. */
#include "ec2vpc.h"
#include "ec2test.h"

static const char *ids[] = { "x-1", "x-2" };
static const char *vpc = "vpc-1", *roles[] = { "", "1" };
static struct ec2_filter filters[] = { { "vpc-id", { &vpc, 1 } },
				       { "tag:kubernetes.io/role/elb", { roles, 2 } } };
static const struct ec2_query by_ids = { .ids = { ids, 2 } };
static const struct ec2_query by_filters = { .filters = { filters, 2 } };
#define BY_FILTERS                                     \
	"Filter.1.Name=vpc-id Filter.1.Value.1=vpc-1 " \
	"Filter.2.Name=tag%3Akubernetes.io%2Frole%2Felb Filter.2.Value.1= Filter.2.Value.2=1"

TEST(ec2_query_subnets_reads_what_a_load_balancer_needs)
{
	static const struct fakeaws_answer answers[] = {
		{ 200,
		  ANSWER("DescribeSubnets",
			 "<subnetSet><item><subnetId>subnet-1</subnetId><subnetArn>arn</subnetArn>"
			 "<state>available</state><ownerId>123456789012</ownerId><vpcId>vpc-1</"
			 "vpcId>"
			 "<cidrBlock>10.0.0.0/20</cidrBlock><ipv6CidrBlockAssociationSet><item>"
			 "<ipv6CidrBlock>2001:db8:1234:1a00::/64</ipv6CidrBlock><associationId>"
			 "subnet-cidr-assoc-1</associationId><ipv6CidrBlockState><state>associated"
			 "</state></ipv6CidrBlockState></item><item><ipv6CidrBlock>2001:db8::/64"
			 "</ipv6CidrBlock><ipv6CidrBlockState><state>disassociated</state>"
			 "</ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet>"
			 "<availableIpAddressCount>4087</availableIpAddressCount>"
			 "<availabilityZone>us-east-1a</availabilityZone>"
			 "<availabilityZoneId>use1-az2</availabilityZoneId>"
			 "<outpostArn>arn:aws:outposts:x</outpostArn></item></subnetSet>"
			 "<nextToken>more</nextToken>") },
		{ 200, ANSWER("DescribeSubnets", "<subnetSet/>") },
	};
	auto_fixture struct fixture x = { 0 };
	struct ec2_subnets l;

	start(&x, answers, 2);
	CHECK(ec2_query_subnets(x.w, &by_filters, &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.n, 1);
	CHECK_STR(l.v[0].id, "subnet-1");
	CHECK_STR(l.v[0].vpc, "vpc-1");
	CHECK_STR(l.v[0].zone, "us-east-1a");
	CHECK_STR(l.v[0].zone_id, "use1-az2");
	CHECK_STR(l.v[0].outpost, "arn:aws:outposts:x");
	CHECK_INT(l.v[0].free, 4087);
	CHECK_INT(l.v[0].blocks6.n, 2);
	CHECK_STR(cidr_text(l.v[0].blocks6.v[0].cidr).s, "2001:db8:1234:1a00::/64");
	CHECK_STR(l.v[0].blocks6.v[1].state, "disassociated");
	sent(&x, "DescribeSubnets", BY_FILTERS " NextToken=more");
}

TEST(ec2_describe_zones_reads_all_fields)
{
	static const struct fakeaws_answer answer = {
		200,
		ANSWER("DescribeAvailabilityZones",
		       "<availabilityZoneInfo><item><optInStatus>opt-in-not-required"
		       "</optInStatus><zoneName>us-east-1a</zoneName><zoneId>use1-az2</zoneId>"
		       "<zoneState>available</zoneState><zoneType>availability-zone</zoneType>"
		       "<messageSet/></item><item><zoneName>us-west-2-lax-1a</zoneName><zoneId>"
		       "usw2-lax1-az1</zoneId><zoneType>local-zone</zoneType></item>"
		       "</availabilityZoneInfo>")
	};
	auto_fixture struct fixture x = { 0 };
	struct ec2_zones l;

	start(&x, &answer, 1);
	CHECK(ec2_describe_zones(x.w, &by_ids, &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.n, 2);
	CHECK_STR(l.v[0].id, "use1-az2");
	CHECK_STR(l.v[0].name, "us-east-1a");
	CHECK_STR(l.v[0].state, "available");
	CHECK_STR(l.v[1].type, "local-zone");
	sent(&x, "DescribeAvailabilityZones", "ZoneId.1=x-1 ZoneId.2=x-2");
}

TEST(ec2_describe_route_tables_reads_routes_and_associations)
{
	static const struct fakeaws_answer answer = {
		200,
		ANSWER("DescribeRouteTables",
		       "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId>"
		       "<routeSet><item><destinationCidrBlock>10.0.0.0/22</destinationCidrBlock>"
		       "<gatewayId>local</gatewayId><state>active</state><origin>CreateRouteTable"
		       "</origin></item><item><destinationIpv6CidrBlock>::/0"
		       "</destinationIpv6CidrBlock><gatewayId>igw-1</gatewayId><state>blackhole"
		       "</state></item><item><destinationPrefixListId>pl-1"
		       "</destinationPrefixListId><natGatewayId>nat-1</natGatewayId></item>"
		       "<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>"
		       "<networkInterfaceId>eni-1</networkInterfaceId></item></routeSet>"
		       "<associationSet><item><routeTableAssociationId>rtbassoc-1"
		       "</routeTableAssociationId><routeTableId>rtb-1</routeTableId><main>true</"
		       "main>"
		       "</item><item><subnetId>subnet-1</subnetId><main>false</main></item>"
		       "</associationSet><propagatingVgwSet/><tagSet><item><key>Name</key><value>m"
		       "</value></item></tagSet></item></routeTableSet>")
	};
	auto_fixture struct fixture x = { 0 };
	struct ec2_route_tables l;

	start(&x, &answer, 1);
	CHECK(ec2_describe_route_tables(x.w, &by_filters, &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.n, 1);
	CHECK_STR(l.v[0].id, "rtb-1");
	CHECK_STR(l.v[0].vpc, "vpc-1");
	CHECK_STR(tag_get(&l.v[0].tags, "Name"), "m");
	CHECK_INT(l.v[0].routes.n, 4);
	CHECK_STR(l.v[0].routes.v[0].cidr, "10.0.0.0/22");
	CHECK_STR(l.v[0].routes.v[0].gateway, "local");
	CHECK_STR(l.v[0].routes.v[1].cidr6, "::/0");
	CHECK_STR(l.v[0].routes.v[1].state, "blackhole");
	CHECK_STR(l.v[0].routes.v[2].prefix_list, "pl-1");
	CHECK_STR(l.v[0].routes.v[2].nat, "nat-1");
	CHECK_STR(l.v[0].routes.v[2].gateway, "");
	CHECK_STR(l.v[0].routes.v[3].eni, "eni-1");
	CHECK_INT(l.v[0].associations.n, 2);
	CHECK(l.v[0].associations.v[0].main && !*l.v[0].associations.v[0].subnet);
	CHECK(!l.v[0].associations.v[1].main);
	CHECK_STR(l.v[0].associations.v[1].subnet, "subnet-1");
	sent(&x, "DescribeRouteTables", BY_FILTERS);
}

TEST(ec2_describe_vpcs_reads_every_block)
{
	static const struct fakeaws_answer answer = {
		200,
		ANSWER("DescribeVpcs",
		       "<vpcSet><item><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><state>"
		       "available</state><cidrBlock>10.0.0.0/16</"
		       "cidrBlock><cidrBlockAssociationSet>"
		       "<item><cidrBlock>10.0.0.0/16</cidrBlock><associationId>vpc-cidr-assoc-1"
		       "</associationId><cidrBlockState><state>associated</state></cidrBlockState>"
		       "</item><item><cidrBlock>100.64.0.0/16</cidrBlock><cidrBlockState><state>"
		       "associating</state></cidrBlockState></item></cidrBlockAssociationSet>"
		       "<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8:1234::/56"
		       "</ipv6CidrBlock><ipv6CidrBlockState><state>associated</state>"
		       "</ipv6CidrBlockState></item></ipv6CidrBlockAssociationSet>"
		       "<tagSet><item><key>k</key><value>v</value></item></tagSet></item></"
		       "vpcSet>")
	};
	auto_fixture struct fixture x = { 0 };
	struct ec2_vpcs l;

	start(&x, &answer, 1);
	CHECK(ec2_describe_vpcs(x.w, &by_ids, &l, &x.a, soon(), &x.e) == 0);
	CHECK_INT(l.n, 1);
	CHECK_STR(l.v[0].id, "vpc-1");
	CHECK_STR(l.v[0].state, "available");
	CHECK_STR(cidr_text(l.v[0].cidr).s, "10.0.0.0/16");
	CHECK_INT(l.v[0].blocks.n, 2);
	CHECK_STR(cidr_text(l.v[0].blocks.v[1].cidr).s, "100.64.0.0/16");
	CHECK_STR(l.v[0].blocks.v[1].state, "associating");
	CHECK_STR(cidr_text(l.v[0].blocks6.v[0].cidr).s, "2001:db8:1234::/56");
	CHECK_STR(tag_get(&l.v[0].tags, "k"), "v");
	sent(&x, "DescribeVpcs", "VpcId.1=x-1 VpcId.2=x-2");
}
