/* event.h - a tracepoint's event as the view that the Lua function receives. */
#ifndef HOOK_EVENT_H
#define HOOK_EVENT_H

#include "hook/format.h"
#include "ir/target.h"

/* `base` with views for the event called `name`: its fields are in the context at their offsets. */
const struct ir_target *event_target(struct arena *a, const struct ir_target *base, const char *name,
				     const struct event *ev);

#endif
