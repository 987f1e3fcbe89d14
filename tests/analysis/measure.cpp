// Measures on files written by hand, whose answers are known.
#include "analysis/measure.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "analysis/reducers.h"
#include "core/error.h"
#include "support/scratch.h"

using namespace bnlab;
using Catch::Matchers::Contains;

namespace {

const char* const eval = R"(step,epoch,split,bn_mode,loss,accuracy
0,0,train,running,2.5,0.1
0,0,test,running,2.4,0.125
0,0,test,batch,2.3,0.5
100,1,train,running,1.5,0.6
100,1,test,running,1.25,0.75
200,2,train,running,0.5,0.9
200,2,test,running,1,0.5
300,3,train,running,0.25,1
300,3,test,running,2,0.625
400,4,test,runn)";  // as a killed process leaves it
const char* const train = "step,epoch,loss,learning_rate,gradient_norm\n0,0,8,0.5,1\n10,0,4,0.5,2\n20,0,6,0.25,nan\n";
const char* const landscape = R"(step,epoch,layer,metric,bn_mode,at,value,note
0,0,,curve,batch,1,2,
0,0,,curve,batch,2,8,
0,0,,curve,batch,3,32,
0,0,hidden1/relu@input,variance,batch,,1,
0,0,hidden2/relu@input,variance,batch,,3,
50,0,hidden1/relu@input,variance,batch,,4,
50,0,hidden2/relu@input,variance,batch,,8,
50,0,hidden2/relu@input,variance,frozen,,nan,"no norm, nothing frozen"
100,0,hidden1/relu@input,variance,batch,,nan,the batch is constant
100,0,hidden2/relu@input,variance,batch,,5,
)";

class Run {
 public:
  explicit Run(const std::string& state = "completed") {
    scratch_.write("eval.csv", eval), scratch_.write("train.csv", train), scratch_.write("probes/landscape.csv", landscape);
    run_.record.dir = scratch_.path(), run_.record.state = state;
    run_.record.measures = {{"test_accuracy", 0.625}, {"test_loss", 2}, {"hessian.trace", NAN}};
    run_.config = Json::parse(R"({"train": {"learning_rate": 0.5, "loss": "cross_entropy"}})");
  }
  void write(const std::string& file, const std::string& text) const { scratch_.write(file, text); }
  const TableRun& table() const { return run_; }
  double of(const std::string& text) const {
    RunData data(run_);
    return Measure::parse(text).of(data).value;
  }
  std::string why(const std::string& text) const {
    RunData data(run_);
    const Measured out = Measure::parse(text).of(data);
    return std::isnan(out.value) ? out.why : "there is a number";
  }

 private:
  testing::Scratch scratch_;
  TableRun run_;
};

std::string refusal(const std::string& text) {
  try {
    Measure::parse(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("measures: every reducer of a series of 0.125, 0.75, 0.5, 0.625", "[analysis][measure]") {
  const Run run;
  const std::vector<std::pair<std::string, double>> known{
      {"first(test_accuracy)", 0.125}, {"last(test_accuracy)", 0.625}, {"max(test_accuracy)", 0.75}, {"min(test_accuracy)", 0.125},
      {"mean(test_accuracy)", 0.5}, {"median(test_accuracy)", 0.5625}, {"sum(test_accuracy)", 2}, {"range(test_accuracy)", 0.625},
      {"path(test_accuracy)", 0.625 + 0.25 + 0.125}, {"at(test_accuracy, 200)", 0.5}, {"time_to(test_accuracy, 0.5)", 100},
      {"time_to(test_accuracy, 0.75)", 100}, {"time_to(test_accuracy, 0.125)", 0}, {"time_to(test_accuracy, 0.8)", INFINITY},
      {"time_to(test_loss, 1.25)", 100}, {"time_to(test_loss, 0.5)", INFINITY}, {"count_above(test_accuracy, 0.5)", 0.5},
      {"quantile(test_accuracy, 0)", 0.125}, {"quantile(test_accuracy, 1)", 0.75}, {"quantile(test_accuracy, 0.5)", 0.5625},
      {"slope(landscape:curve)", 15}, {"log2_slope(landscape:curve)", 2}};
  std::set<std::string> tried;
  for (const auto& [text, answer] : known) {
    INFO(text);
    CHECK(run.of(text) == answer);
    tried.insert(text.substr(0, text.find('(')));
  }
  for (const Reducer& reducer : reducers()) CHECK(tried.contains(reducer.name));
}

TEST_CASE("measures: rows that share a step count as their mean where steps matter", "[analysis][measure]") {
  const Run run;
  CHECK(run.of("first(landscape:variance)") == 2);
  CHECK(run.of("at(landscape:variance, 50)") == 6);
  CHECK(run.of("last(landscape:variance)") == 5);  // the other row says why it has no number
  CHECK(run.of("path(landscape:variance)") == 5);
  CHECK(run.of("time_to(landscape:variance, 5)") == 50);
  CHECK(run.of("mean(landscape:variance)") == Approx(21.0 / 5));
  CHECK(run.of("max(landscape:variance)") == 8);
}

TEST_CASE("measures: filters choose rows", "[analysis][measure]") {
  const Run run;
  CHECK(run.of("sum(landscape:variance[layer=hidden[2]/*])") == 16);
  CHECK(run.of("sum(landscape:variance[layer=*1/*@input, step<=0])") == 1);
  CHECK(run.of("sum(landscape:variance[step>=50,step<=99])") == 12);
  CHECK(run.of("sum(landscape:curve[at=2.0])") == 8);
  CHECK(run.of("sum(landscape:curve[at>=2])") == 40);
  CHECK(run.of("sum(landscape:variance[note=])") == 21);
  CHECK(run.of("sum(eval:accuracy[split=test,bn_mode=*])") == 2.5);
  CHECK(run.of("last(train_loss)") == 0.25);
  CHECK(run.of("max(test_accuracy_batch)") == 0.5);
  CHECK(run.of("max(test_accuracy[step>=200])") == 0.625);
  CHECK(run.of("last(train:learning_rate)") == 0.25);
}

TEST_CASE("measures: plain numbers, summaries, configs, and two of them", "[analysis][measure]") {
  const Run run;
  CHECK(run.of("test_accuracy") == 0.625);
  CHECK(run.of(" test_accuracy - 0.125 ") == 0.5);
  CHECK(run.of("max(test_accuracy) - last(test_accuracy)") == 0.125);
  CHECK(run.of("config(train.learning_rate) * test_loss") == 1);
  CHECK(run.of("first(train:loss) / last(train:loss)") == 8.0 / 6);
  CHECK(run.of("-1e-1 + at(train:loss, 10)") == 3.9);
  CHECK(run.of("diverged") == 0);
}

TEST_CASE("measures: where there is no number there is a reason", "[analysis][measure]") {
  const Run run;
  CHECK(run.why("max(validation_accuracy)") == "no row of eval.csv has split=validation");
  CHECK(run.why("max(train_loss_batch)") == "no row of eval.csv with split=train has bn_mode=batch");
  CHECK(run.why("at(test_loss, 150)") == "no row at step 150 (0 to 300)");
  CHECK(run.why("max(landscape:variance[bn_mode=frozen])") == "no norm, nothing frozen");
  CHECK(run.why("max(train:gradient_norm)") == "train.csv has nan at step 20");
  CHECK(run.why("slope(landscape:variance)") == "a row has nothing in the column `at`");
  CHECK(run.why("slope(landscape:curve[at=2])") == "all rows have the same `at`");
  CHECK(run.why("max(landscape:varianze)") == "probes/landscape.csv has no metric 'varianze'; did you mean 'variance'? (known: curve, variance)");
  CHECK(run.why("max(landscap:curve)") == "there is no probes/landscap.csv; did you mean 'landscape'? (known: landscape)");
  CHECK(run.why("hessian.trace") == "hessian.trace of summary.json is no number");
  CHECK(run.why("test_acuracy") == "summary.json has no 'test_acuracy'; did you mean 'test_accuracy'? (known: hessian.trace, test_accuracy, test_loss)");
  CHECK(run.why("config(train.learning_rat)") == "the config has no 'train.learning_rat'; did you mean 'train.learning_rate'?");
  CHECK(run.why("config(train.loss)") == "train.loss of the config is no number");
  CHECK(run.why("time_to(test_accuracy, 2) - time_to(test_accuracy, 3)") == "inf - inf is no number");
  CHECK(run.why("test_loss / max(validation_loss)") == "no row of eval.csv has split=validation");
  run.write("train.csv", "step,epoch,loss,learning_rate,gradient_norm\n0,0,0,1,1\n");
  run.write("probes/landscape.csv", "step,epoch,layer,metric,bn_mode,at,value,note\n0,0,,curve,,1,0,\n0,0,,curve,,2,1,\n");
  CHECK(run.why("log2_slope(landscape:curve)") == "0 has no logarithm");
  run.write("train.csv", "step,epoch,loss,learning_rate,gradient_norm\n0,0,1,1,2\n1,0,inf,1,inf\n2,0,inf,1,inf\n");
  CHECK(run.of("median(train:loss)") == INFINITY);
  CHECK(run.of("quantile(train:gradient_norm, 0)") == 2);
  CHECK(run.why("path(train:loss)") == "train.csv has infinite numbers");
  run.write("eval.csv", "step,epo");
  CHECK(run.why("max(test_loss)") == "eval.csv has no rows");
}

TEST_CASE("measures: a file that is malformed is an error with its line", "[analysis][measure]") {
  const Run run;
  run.write("train.csv", "step,epoch,loss,learning_rate,gradient_norm\n0,0,8,0.5,1\n10,0,4,0.5\n20,0,6,0.25,1\n");
  CHECK_THROWS_WITH(run.of("max(train:loss)"), Contains("train.csv:3: 4 fields, the heading has 5"));
  run.write("train.csv", "step,epoch,loss,learning_rate,gradient_norm\n0,0,eight,0.5,1\n");
  CHECK_THROWS_WITH(run.of("max(train:loss)"), Contains("train.csv:2: loss: 'eight' is no number"));
}

TEST_CASE("measures: a run that diverged never gets anywhere, and says so; one that has not ended has no numbers", "[analysis][measure]") {
  const Run lost("diverged"), going("running");
  CHECK(lost.of("diverged") == 1);
  CHECK(lost.of("time_to(test_accuracy, 0.5)") == INFINITY);
  CHECK(lost.of("time_to(validation_accuracy, 0.5)") == INFINITY);
  CHECK(lost.of("max(test_accuracy)") == 0.75);
  for (const char* text : {"diverged", "test_accuracy", "max(test_accuracy)", "time_to(test_accuracy, 0.5)", "1"}) CHECK(going.why(text) == "the run is running");
  CHECK(Measure::parse("1 / time_to(test_loss, 1)").holds_when_diverged());
  CHECK(Measure::parse("diverged").holds_when_diverged());
  CHECK_FALSE(Measure::parse("max(test_loss)").holds_when_diverged());
}

TEST_CASE("measures: what is no measure is refused, with the nearest word", "[analysis][measure]") {
  CHECK(refusal("maxx(test_loss)") == "measure 'maxx(test_loss)': unknown reducer 'maxx'; did you mean 'max'? (known: first, last, max, min, mean, median, sum, range, path, slope, log2_slope, at, time_to, count_above, quantile, config)");
  CHECK_THAT(refusal("max(test_los)"), Contains("unknown series 'test_los'; did you mean 'test_loss'?"));
  CHECK_THAT(refusal("max(eval:acuracy)"), Contains("unknown column of eval.csv 'acuracy'; did you mean 'accuracy'? (known: loss, accuracy)"));
  CHECK_THAT(refusal("max(eval:loss[splt=test])"), Contains("unknown filter 'splt'; did you mean 'split'? (known: step, split, bn_mode)"));
  CHECK_THAT(refusal("max(train:loss[layer=a])"), Contains("unknown filter 'layer' (known: step)"));
  CHECK_THAT(refusal("max(eval:loss[split])"), Contains("filter 'split': expected COLUMN=PATTERN"));
  CHECK_THAT(refusal("max(eval:loss[split>=test])"), Contains("only step and at have an order"));
  CHECK_THAT(refusal("max(eval:loss[step>1])"), Contains("expected =, >= or <="));
  CHECK_THAT(refusal("max(eval:loss[step>=x])"), Contains("'x' is no number"));
  CHECK_THAT(refusal("max(eval:loss[step=1]x)"), Contains("expected ']' at the end"));
  CHECK_THAT(refusal("max(:loss)"), Contains("expected train, eval or a probe before the colon"));
  CHECK_THAT(refusal("max(../x:loss)"), Contains("expected train, eval or a probe before the colon"));
  CHECK_THAT(refusal("max(eval:)"), Contains("expected a column or a metric behind the colon"));
  CHECK_THAT(refusal("max(test_loss"), Contains("missing ')'"));
  CHECK_THAT(refusal("max(test_loss))"), Contains("a ')' too many"));
  CHECK_THAT(refusal("max(eval:loss[step=1)"), Contains("expected ']' before ')'"));
  CHECK_THAT(refusal("max(test_loss, 3)"), Contains("max: expected max(SERIES), and nothing more"));
  CHECK_THAT(refusal("at(test_loss)"), Contains("at: expected at(SERIES, NUMBER), the number is a step"));
  CHECK_THAT(refusal("at(test_loss, nan)"), Contains("at: 'nan' is no number"));
  CHECK_THAT(refusal("quantile(test_loss, 90)"), Contains("quantile: 90 is not in 0 to 1"));
  CHECK_THAT(refusal("slope(test_loss)"), Contains("slope: eval.csv has no column `at`; those of probes have"));
  CHECK_THAT(refusal("eval:loss"), Contains("a series needs a reducer: last(eval:loss)"));
  CHECK_THAT(refusal("a - b - c"), Contains("at most one operator"));
  CHECK_THAT(refusal("max(test_loss) 2"), Contains("expected an operator between blanks behind ')'"));
  CHECK_THAT(refusal("config()"), Contains("expected config(PATH)"));
  CHECK_THAT(refusal(""), Contains("got ''"));
  CHECK_THAT(refusal("1 - "), Contains("got ''") || Contains("got '1 -'"));
}

TEST_CASE("measures: what no run knows is refused, what some lack is not", "[analysis][measure]") {
  const Run one, other, going("running");
  std::filesystem::remove(other.table().record.dir + "/probes/landscape.csv");
  const Measure curve = Measure::parse("max(landscape:curve)"), typo = Measure::parse("max(landscape:curv)");
  const auto both = measure_all({curve}, {one.table(), other.table()});
  CHECK(both[0][0].value == 32);
  CHECK(both[1][0].why == "there is no probes/landscape.csv");
  CHECK_THROWS_WITH(measure_all({curve, typo}, {one.table(), other.table(), going.table()}), Contains("measure 'max(landscape:curv)'"));
  CHECK(measure_all({typo}, {going.table()})[0][0].why == "the run is running");
}

TEST_CASE("measures: a column is a field unless it reads like a formula", "[analysis][measure]") {
  for (const char* text : {"max(test_loss)", "test_loss - 0.1", "diverged", "config(seed)"}) CHECK(Measure::is_formula(text));
  for (const char* text : {"arm", "test_loss", "model.norm", "hessian.trace", "a-b"}) CHECK_FALSE(Measure::is_formula(text));
}
