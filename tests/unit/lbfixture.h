/* SPDX-License-Identifier: Apache-2.0 */
/* lbfixture.h - the cluster of spec-lbc-alb 26, "Fixture F", in the language of lbcase_text(). */
#pragma once
#include "lbingress.h"
#include "test.h"

#define FIX_SUBNET(id, zone, role)                                               \
	"{'id':'subnet-" id "','zone':'" zone "','cidrs6':['2600:" id "::/64']," \
	"'tags':{'kubernetes.io/role/" role "':'1'}}"
#define FIX_CASE                                                                                                               \
	"{'kind':'Case','flags':{'cluster-name':'cluster-dummy'},'facts':{"                                                    \
	"'vpc':{'id':'vpc-dummy','cidrs':['192.168.0.0/16']},'subnets':[" FIX_SUBNET("a", "a", "internal-elb") "," FIX_SUBNET( \
		"b", "b",                                                                                                      \
		"internal-elb") "," FIX_SUBNET("c", "a",                                                                       \
					       "elb") "," FIX_SUBNET("d", "b",                                                 \
								     "elb") "],"                                               \
									    "'backendSecurityGrou"                             \
									    "p':'sg-auto'}}"
#define FIX_SERVICE(name, annotations, spec)                             \
	"{'kind':'Service','metadata':{'namespace':'ns-1','name':'" name \
	"','annotations':{" annotations "}},'spec':{" spec "}}"
#define FIX_NODEPORT                                                             \
	"'type':'NodePort','ports':[{'name':'http','port':80,'targetPort':8080," \
	"'nodePort':32768}]"
#define FIX_SVC1 FIX_SERVICE("svc-1", "", FIX_NODEPORT)
#define FIX_SVC2 FIX_SERVICE("svc-2", "", FIX_NODEPORT)
#define FIX_SVC3                                                                              \
	FIX_SERVICE("svc-3",                                                                  \
		    "'AI/target-type':'ip','AI/backend-protocol':'HTTPS',"                    \
		    "'AI/healthcheck-protocol':'HTTPS','AI/healthcheck-port':'9090',"         \
		    "'AI/healthcheck-path':'/health-check',"                                  \
		    "'AI/healthcheck-interval-seconds':'20',"                                 \
		    "'AI/healthcheck-timeout-seconds':'10','AI/healthy-threshold-count':'7'," \
		    "'AI/unhealthy-threshold-count':'5','AI/success-codes':'200-300'",        \
		    "'type':'ClusterIP','ports':[{'name':'https','port':443,"                 \
		    "'targetPort':8443,'nodePort':32768}]")
#define FIX_TO(name, port) "{'service':{'name':'" name "','port':{" port "}}}"
#define FIX_PATH(path, backend) "{'path':'" path "','backend':" backend "}"
#define FIX_HTTP "'name':'http'"
#define FIX_RULES                                                                                \
	"'rules':[{'host':'app-1.example.com','http':{'paths':[" FIX_PATH(                       \
		"/svc-1",                                                                        \
		FIX_TO("svc-1",                                                                  \
		       FIX_HTTP)) "," FIX_PATH("/svc-2",                                         \
					       FIX_TO("svc-2",                                   \
						      FIX_HTTP)) "]}},"                          \
								 "{'host':'app-2.example.com','" \
								 "http':{'paths':[" FIX_PATH(    \
									 "/svc-3",               \
									 FIX_TO("svc-3",         \
										"'name':'"       \
										"https'")) "]}}]"
/* An Ingress of ours by the older annotation; `more` begins with a comma. */
#define FIX_INGRESS(name, more, spec)                                                      \
	"{'kind':'Ingress','metadata':{'namespace':'ns-1','name':'" name "','annotations'" \
	":{'kubernetes.io/ingress.class':'alb'" more "}},'spec':{" spec "}}"
/* One path "/" to svc-1. */
#define FIX_ONE(paths) "'rules':[{'http':{'paths':[" paths "]}}]"
#define FIX_SIMPLE FIX_ONE(FIX_PATH("/", FIX_TO("svc-1", FIX_HTTP)))
#define FIX_CLASS(spec)                                                          \
	"[{'kind':'IngressClass','metadata':{'name':'c'},'spec':{'controller':"  \
	"'ingress.k8s.aws/alb','parameters':{'apiGroup':'elbv2.k8s.aws','kind':" \
	"'IngressClassParams','name':'p'}}},"                                    \
	"{'kind':'IngressClassParams','metadata':{'name':'p'},'spec':{" spec "}}]"
#define FIX_OF_CLASS(name, annotations, spec)                            \
	"{'kind':'Ingress','metadata':{'namespace':'ns-1','name':'" name \
	"','annotations':{" annotations "}},'spec':{'ingressClassName':'c'," spec "}}"

/* The fixture and these documents (NULL ends them). */
static inline void fix_case(struct lbcase *c, const char *const *docs)
{
	lbcase_init(c);
	lbcase_text(c, FIX_CASE);
	lbcase_text(c, FIX_SVC1);
	lbcase_text(c, FIX_SVC2);
	lbcase_text(c, FIX_SVC3);
	for (; *docs; docs++)
		lbcase_text(c, *docs);
}

/* Each: which lines, documents, what they are. */
struct fix_row {
	const char *begin, *docs[5], *want;
};
static inline void fix_check(const struct fix_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_lbcase struct lbcase c;

		fix_case(&c, rows[i].docs);
		CHECK_STR(lbingress(&c, rows[i].begin), rows[i].want);
	}
}
