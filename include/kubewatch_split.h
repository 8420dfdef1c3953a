/* SPDX-License-Identifier: Apache-2.0 */
/* kubewatch_split.h - cuts a stream of JSON into the objects that it is made of, as it comes: the
 * elements of a list's items, or the events of a watch. Only one object is in memory at a time. */
#pragma once
#include "buf.h"
#include "json.h"

enum {
	KUBE_MAX_ITEM = 16 * 1024 * 1024, /* etcd takes 1.5 MiB */
	KUBE_MAX_HEAD = 1024 * 1024       /* of a list: all but its items */
};
struct kube_split {
	bool list; /* {"items":[ITEM,...], ...}; else ITEM ITEM ... */
	/* Each item, parsed; its metadata.managedFields are null. Below zero, with *e set, ends the
	 * split. */
	int (*item)(void *arg, const struct json *j, struct err *e);
	void *arg;

	/* where we are */
	unsigned depth; /* open brackets */
	bool in_string, escaped;
	bool items_next, in_items, in_item;
	unsigned skip;         /* a value is passed over that began at this depth. 0: none */
	char last[16];         /* the last string, if it is shorter */
	size_t nlast;          /* its length */
	struct buf text, head; /* of the item; of the list around the items, each being 0 there */
};
/* Zero-initialise, then set list, item and arg. EBADMSG: this is not JSON, or not of that form, or
 * what item() said; EFBIG. Do not go on then. */
MUST int kube_split_feed(struct kube_split *s, const char *p, size_t n, struct err *e);
/* The stream has ended: EBADMSG when it ended inside a value. *head: the list without its items, to
 * be freed; NULL of a watch. */
MUST int kube_split_end(struct kube_split *s, struct json **head, struct err *e);
void kube_split_free(struct kube_split *s);
#define auto_split AUTO(kube_split_free)
