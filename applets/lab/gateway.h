/* SPDX-License-Identifier: Apache-2.0 */
/* gateway.h - the Internet gateway of the simulated VPC. */
#pragma once
#include "lab.h"

/* Its translations: private <-> public for every address that has one, drop for the rest. */
MUST int fabric_gateway(struct lab *lab, struct err *e);
/* Whether the main route table has lost its route to it: then nothing of the VPC gets there. */
MUST int fabric_route_lost(bool lost, struct err *e);
