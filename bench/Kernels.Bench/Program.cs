using BenchmarkDotNet.Running;
using Weir.Kernels.Bench;

BenchmarkSwitcher.FromAssembly(typeof(OpBench).Assembly).Run(args, new BenchConfig());
