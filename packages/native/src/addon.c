// Registers what JavaScript calls.
#include "native.h"

static const napi_property_descriptor functions[] = {
#define FUNCTION(name, function) {name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL}
    FUNCTION("peer", native_peer),
    FUNCTION("pidfdOpen", native_pidfd_open),
    FUNCTION("exited", native_exited),
    FUNCTION("closeDescriptor", native_close_descriptor),
    FUNCTION("ancestor", native_ancestor),
    FUNCTION("watch", native_watch),
    FUNCTION("unchanged", native_unchanged),
    FUNCTION("started", native_started),
    FUNCTION("children", native_children),
    FUNCTION("state", native_state),
    FUNCTION("executable", native_executable),
    FUNCTION("directory", native_directory),
    FUNCTION("script", native_script),
    FUNCTION("credentials", native_credentials),
    FUNCTION("tracer", native_tracer),
    FUNCTION("guard", native_guard),
    FUNCTION("exposure", native_exposure),
    FUNCTION("kindOf", native_kind_of),
    FUNCTION("openFile", native_open_file),
    FUNCTION("readers", native_readers),
    FUNCTION("sendDatagram", native_send_datagram),
    FUNCTION("lock", native_lock),
    FUNCTION("activation", native_activation),
    FUNCTION("listening", native_listening),
    FUNCTION("harden", native_harden),
    FUNCTION("endWithParent", native_end_with_parent),
    FUNCTION("bootMillis", native_boot_millis),
    FUNCTION("bootTicks", native_boot_ticks),
#undef FUNCTION
};

NAPI_MODULE_INIT() {
  if (napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions) != napi_ok) return NULL;
  return exports;
}
