#include "cli/app.h"

int main(int argc, char** argv) { return bnlab::run_app(argc, argv); }
