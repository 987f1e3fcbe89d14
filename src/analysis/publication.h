// What is kept of an experiment in results/<paper>/<claim>/: verdict.json and verdict.md, runs.csv (a row a run, with every
// measure of the claims), curves.csv (scores over training), tuned.json, manifest.json; and the table of all of them.
#pragma once

#include "analysis/verdict.h"

namespace bnlab {

// Folders with experiments: of the current directory, then of the project.
std::vector<std::string> experiment_roots();
std::vector<std::string> experiment_files(const std::string& root);  // sorted
std::string experiment_name(const std::string& file);                // "ioffe/activations"

struct Effort {
  double wall_seconds = 0;
  int jobs = 1;
  size_t reused = 0;  // runs that were there before, so that wall_seconds is not of all
};
// file: of the experiment; where a README.md beside it has the lines `<!-- results -->` and `<!-- /results -->`, what stands
// between them is replaced.
void publish(const Judgement& judgement, const Experiment& experiment, const std::vector<Claim>& claims, const std::string& out, const std::string& folder, const std::string& file, const Effort& effort);

struct Published {
  double wall_seconds = 0;
  std::vector<std::string> verdicts;
};
Published read_published(const std::string& folder);

// <results>/README.md: every claim with the paper's number, ours and the verdict.
void write_results_table(const std::string& results);

}  // namespace bnlab
