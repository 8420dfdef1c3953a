/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - a node: namespaces with a root of their own, and the agent that runs there. */
#pragma once
#include "lab.h"

/* What the agent printed, in the node; its log lies beside it. */
#define NODE_AGENT_OUTPUT "/var/log/aws-routed-eni/agent.out"

/* Fork it; when this returns its namespaces exist and n->pid, n->netns and n->nl are set, and its
 * agent waits for node_go(). */
MUST int node_start(struct lab *lab, struct node *n, struct instance *i, struct err *e);
MUST int node_go(struct node *n, struct err *e);
