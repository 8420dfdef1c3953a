/* SPDX-License-Identifier: Apache-2.0 */
/* ec2api.h - EC2, for awsapi.c. */
#pragma once
#include "apicall.h"

extern const struct api_service ec2_service;
