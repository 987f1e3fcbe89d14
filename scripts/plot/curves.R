# Rscript curves.R RUNS OUT.pdf - test accuracy over training: the mean of each arm's seeds; RUNS e.g. results/runs/quickstart
arguments <- commandArgs(trailingOnly = TRUE)
files <- Sys.glob(file.path(arguments[1], "*", "seed-*", "eval.csv"))
rows <- do.call(rbind, lapply(files, function(file) {
  all <- read.csv(file)
  one <- all[all$split == "test" & all$bn_mode == "running", ]  # one split, one mode of statistics
  one$arm <- sub("-[0-9a-f]+$", "", basename(dirname(dirname(file))))
  one
}))
means <- aggregate(accuracy ~ step + arm, rows, mean)
arms <- unique(means$arm)
colours <- hcl.colors(length(arms), "Dark 3")
pdf(arguments[2], width = 6.4, height = 3.8)
par(mar = c(4, 4, 1, 1))
plot(range(means$step), range(means$accuracy), type = "n", xlab = "step", ylab = "test accuracy")
grid()
for (i in seq_along(arms)) lines(accuracy ~ step, means[means$arm == arms[i], ], col = colours[i], lwd = 2)
legend("bottomright", legend = arms, col = colours, lwd = 2, bty = "n")
invisible(dev.off())
