#pragma once

// From now on every block of the heap is zeroed when any code frees or moves it. Without this call,
// in a process that links this module, nothing is different.
void wiping_heap_begin(void);
