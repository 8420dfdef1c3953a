/* SPDX-License-Identifier: Apache-2.0 */
/* applet.h - the prototype of every applet, from the one list. An applet is an ordinary main(): its
 * exit status is 0 done, 1 failed and said why, 100 usage, 111 system; 127 is main.c's, no such
 * applet. */
#pragma once
#include "base.h"

#define APPLET(name, aliases, help) int name##_main(int argc, char **argv);
#include "applets.def"
#undef APPLET
