// The front door: parses the command line, calls a command, turns errors into messages and exit codes.
#pragma once

namespace bnlab {

int run_app(int argc, char** argv);

}  // namespace bnlab
