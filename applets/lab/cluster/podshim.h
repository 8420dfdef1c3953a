/* SPDX-License-Identifier: Apache-2.0 */
/* podshim.h - a process between the kubelet and a container, which outlives the kubelet: it starts
 * the container in namespaces of its own, writes its log, and leaves word of how it ended. */
#pragma once
#include "arena.h"
#include "json.h"

/* The file that it is given says what to run:
 *   argv, env    the command, found on env's PATH
 *   server       instead of argv: a server of podserver.h
 *   netns        path, "" for the node's own; hostname "" the same
 *   hosts        a file to be seen as /etc/hosts; "" the node's
 *   mounts       [{from, to, ro}]: folders, made when they are not there
 *   cwd, log     folder to begin in; file to append to
 *   state        the file that it keeps: pid, shim, shimStart, startedAt, and at the end exitCode,
 *                signal, finishedAt (seconds since 1970), beside what is under "keep"
 * It prints "ok PID" on its standard output when the command has been started, else "!reason", and
 * lives on as a child of the node's process 1. */
int podshim_main(int argc, char **argv);

/* In a container that runs, as one more process: PID COMMAND...; its status is the command's own,
 * 128 + signal, 126 or 127 when it could not be started. --tty: standard input becomes the
 * controlling terminal. */
int podexec_main(int argc, char **argv);

/* Field 22 of /proc/PID/stat, which tells a process from a later one of its number; 0: there is
 * none. */
uint64_t podshim_start_time(int pid);
/* Become the command: found on the PATH of env (not of ours). Returns only when it cannot, with
 * errno. */
void podshim_exec(char **argv, char **env);
