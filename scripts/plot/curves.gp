# gnuplot -c curves.gp RUNS OUT.svg - test accuracy over training, a line a run; RUNS e.g. results/runs/quickstart
set datafile separator ','
set terminal svg size 640,380 font 'Helvetica,12' background 'white'
set output ARG2
set xlabel 'step'; set ylabel 'test accuracy'; set key outside bottom center horizontal noenhanced; set grid lc rgb '#dddddd'
files = system("ls -d '" . ARG1 . "'/*/seed-*/eval.csv")
arm(file) = system("basename $(dirname $(dirname '" . file . "')) | sed 's/-[0-9a-f]*$//'")
seed(file) = system("basename $(dirname '" . file . "')")
# eval.csv: step,epoch,split,bn_mode,loss,accuracy; grep takes one split and one mode of statistics
plot for [file in files] "< grep -E '^[0-9]+,[^,]*,test,running,' '" . file . "'" using 1:6 with linespoints pt 7 ps 0.4 title arm(file) . ' ' . seed(file)
