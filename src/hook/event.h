/* event.h - a tracepoint's event as the view that the Lua function receives. */
#ifndef HOOK_EVENT_H
#define HOOK_EVENT_H

#include "hook/format.h"
#include "ir/target.h"

/* `base` with views for the event called `name`: its fields are in the context at their offsets. */
const struct ir_target *event_target(struct arena *a, const struct ir_target *base, const char *name,
				     const struct event *ev);
/* Bytes of the address that an array may be read as, a:ip(): 4, 16; 0: none. */
uint32_t event_address(const struct event_field *f);

#endif
