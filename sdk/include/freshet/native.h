// The native platform: one loop thread on epoll and libcurl, for any number of clients. Linux.
#pragma once

#include <memory>

#include "freshet/platform.h"

namespace freshet {

// The platform that serves every Client that was given none. Started by the first who asks, ended
// with its thread when the last client is gone.
std::shared_ptr<Platform> native_platform();

// One of your own with a thread of its own, for clients whose callbacks are not to wait for those
// of others. Proxies are taken from the environment (http_proxy, https_proxy, all_proxy, no_proxy).
// Its destructor waits for the thread, but on the thread itself: then the thread ends soon after.
std::shared_ptr<Platform> make_native_platform();

}  // namespace freshet
