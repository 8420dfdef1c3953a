/* SPDX-License-Identifier: Apache-2.0 */
/* acmapi.h - Certificate Manager, for awsapi.c. */
#pragma once
#include "apicall.h"

extern const struct api_service acm_service;
