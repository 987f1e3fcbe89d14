// What a manifest says of the machine, and two switches of the process.
#pragma once

#include <atomic>
#include <string>

namespace bnlab {

std::string cpu_model();
std::string host_name();
std::string utc_now();  // "2026-11-22T09:34:47Z"
int machine_threads();
double machine_memory();  // bytes

// Numbers below 1e-38 count as 0 in this thread and those it starts from now on.
void flush_denormals(bool on);

// Set by SIGINT, SIGTERM and SIGUSR1 once catch_signals() was called; another one a second later ends the process.
void catch_signals();
// This process is sent SIGTERM when the one that started it ends.
void end_with_parent();
std::atomic<bool>& stop_requested();

}  // namespace bnlab
