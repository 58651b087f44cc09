/* pin.h - links that outlive their process. */
#ifndef HOOK_PIN_H
#define HOOK_PIN_H

#include "kern/kern.h"

/* The program takes over the link that is pinned at the path: 1, and *link_fd. 0: there is none; one whose device went is
 * taken away. -EEXIST: it is a link of another kind or place than `want`. -EOPNOTSUPP: there are none of its kind. */
int pin_take(struct kern_features *f, const char *path, const struct kern_link_info *want, int prog_fd, int *link_fd,
	     char *err, size_t errlen);
/* The caller holds kern_pin_lock since it asked pin_take, so nothing is there. */
int pin_put(const char *path, int link_fd, char *err, size_t errlen);
/* Takes the pin away; the link lives on as long as its descriptors. */
void pin_remove(const char *path);

#endif
