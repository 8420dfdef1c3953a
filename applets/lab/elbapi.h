/* SPDX-License-Identifier: Apache-2.0 */
/* elbapi.h - Elastic Load Balancing v2, for awsapi.c. */
#pragma once
#include "apicall.h"

extern const struct api_service elb_service;
