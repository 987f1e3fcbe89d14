// A job array on a Slurm cluster: every task takes its share of the runs, one after the other. Nothing is believed but what
// workers have written: a run that no answer tells of when no task is left (preempted, node lost, out of time) is submitted
// again, and goes on from its checkpoint. Needs a shared file system and sbatch, squeue, scancel.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "core/fields.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "experiment/launchers/launcher.h"

namespace bnlab {
namespace {

struct Settings {
  std::string partition, account, time, memory, constraint;
  int64_t tasks = 0, rounds = 5;
  double poll = 2;
  std::vector<std::string> sbatch;
  void describe(Fields& f) {
    f.text("partition", partition, "of the cluster; its default where empty");
    f.text("account", account, "that is charged");
    f.text("time", time, "limit of a task, as sbatch takes it (\"2:00:00\")");
    f.text("memory", memory, "of a task (\"4G\")");
    f.text("constraint", constraint, "features of the nodes");
    f.integer("tasks", tasks, between(0, 100000), "of the array, each with an equal share of the runs; 0: as many as --jobs");
    f.integer("rounds", rounds, at_least(1), "how often what was lost is submitted again");
    f.number("poll", poll, above(0), "seconds between looks at the queue");
    f.texts("sbatch", sbatch, "more lines for the script, without #SBATCH (\"--qos=low\")");
  }
};

// Output of a command, or an error with what it said.
std::string ask(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw FileError(command, "cannot be run");
  std::string out;
  char block[4096];
  while (const size_t got = std::fread(block, 1, sizeof block, pipe)) out.append(block, got);
  if (::pclose(pipe) != 0) throw FileError(command, "failed: " + out.substr(0, out.find('\n')));
  return out;
}

std::string shell_quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

class Slurm : public Launcher {
 public:
  explicit Slurm(LaunchOptions options) : options_(std::move(options)), directory_(std::filesystem::absolute(options_.directory).string() + "/slurm") {
    const Document document = options_.slurm.empty() ? Document() : Document::read(options_.slurm);
    read_fields(document, [&](Fields& f) { settings_.describe(f); });
    ask("sbatch --version");
  }
  std::vector<AtWork> at_work() const override { return {}; }  // tasks say how a run has ended, not that it has begun

  void run(const std::vector<Job>& jobs, const std::function<void(const Ended&)>& ended, const std::function<void()>& look, const std::atomic<bool>& stop) override {
    if (jobs.empty()) return;
    make_directories(directory_);
    for (const Job& job : jobs) waiting_.insert(job.id);
    for (int64_t round = 1; !waiting_.empty() && !stop; ++round) {
      if (round > settings_.rounds) {
        for (const size_t id : std::set<size_t>(waiting_)) finish({id, "failed", fmt::format("was lost {} times (preempted, out of time, or its node went down)", settings_.rounds), "", 0}, ended);
        return;
      }
      const std::string array = submit(jobs, round);
      follow(array, ended, look, stop);
    }
  }

 private:
  std::string submit(const std::vector<Job>& jobs, int64_t round) {
    std::string lines;
    for (const Job& job : jobs) {
      if (waiting_.contains(job.id)) lines += job.line() + "\n";
    }
    const size_t tasks = std::min(waiting_.size(), static_cast<size_t>(settings_.tasks > 0 ? settings_.tasks : options_.jobs));
    stem_ = fmt::format("{}/{}-{}", directory_, ::getpid(), round);
    write_atomically(stem_ + ".jobs", lines);
    std::string script = fmt::format("#!/bin/bash\n#SBATCH --job-name=bnlab\n#SBATCH --array=0-{}\n#SBATCH --output={}-%a.log\n#SBATCH --cpus-per-task={}\n#SBATCH --requeue\n#SBATCH --signal=USR1@60\n", tasks - 1, stem_, options_.threads);
    auto line = [&](const char* key, const std::string& value) {
      if (!value.empty()) script += fmt::format("#SBATCH --{}={}\n", key, value);
    };
    line("partition", settings_.partition), line("account", settings_.account), line("time", settings_.time), line("mem", settings_.memory), line("constraint", settings_.constraint);
    for (const auto& more : settings_.sbatch) script += "#SBATCH " + more + "\n";
    script += fmt::format("exec {} worker --out {} --threads {} --jobs {} --share $SLURM_ARRAY_TASK_ID/{} --answers {}\n", shell_quoted(options_.program), shell_quoted(std::filesystem::absolute(options_.out).string()),
                          options_.threads, shell_quoted(stem_ + ".jobs"), tasks, shell_quoted(stem_ + ".answers"));
    write_atomically(stem_ + ".sh", script);
    std::string id = ask("sbatch --parsable " + shell_quoted(stem_ + ".sh"));
    id = id.substr(0, id.find_first_of(";\n"));
    std::fprintf(stderr, "slurm: array %s, %zu tasks, %zu runs\n", id.c_str(), tasks, waiting_.size());
    return id;
  }

  void follow(const std::string& array, const std::function<void(const Ended&)>& ended, const std::function<void()>& look, const std::atomic<bool>& stop) {
    size_t read = 0;
    bool asked = false;
    for (int silent = 0;;) {
      std::this_thread::sleep_for(std::chrono::duration<double>(settings_.poll));
      answers(read, ended);
      look();
      if (waiting_.empty()) return;
      if (stop && !asked) {
        ask("scancel " + array);
        asked = true;
      }
      std::string queue;
      try {
        queue = ask("squeue -h -j " + array + " -o %T");
      } catch (const FileError&) {  // an array that has ended is forgotten after a while, and a busy controller times out
        if (++silent < 3) continue;
      }
      if (!queue.empty()) {
        silent = 0;
        continue;
      }
      answers(read, ended);
      return;
    }
  }

  void answers(size_t& read, const std::function<void(const Ended&)>& ended) {
    if (!is_file(stem_ + ".answers")) return;
    const std::string text = read_text(stem_ + ".answers");
    for (size_t end; (end = text.find('\n', read)) != std::string::npos; read = end + 1) {
      const Json answer = Json::parse(text.substr(read, end - read), nullptr, false);
      if (!answer.is_object() || !answer.contains("job")) continue;
      const std::string outcome = answer.value("outcome", "");
      if (outcome == "interrupted" || outcome == "busy") continue;  // somebody else, or a later task, goes on with it
      finish({answer["job"].get<size_t>(), outcome, answer.value("why", ""), answer.value("dir", ""), answer.value("seconds", 0.0)}, ended);
    }
  }

  void finish(const Ended& end, const std::function<void(const Ended&)>& ended) {
    if (waiting_.erase(end.id) > 0) ended(end);
  }

  LaunchOptions options_;
  Settings settings_;
  std::string directory_, stem_;
  std::set<size_t> waiting_;
};

}  // namespace

std::unique_ptr<Launcher> slurm_launcher(const LaunchOptions& options) { return std::make_unique<Slurm>(options); }

}  // namespace bnlab
