using BenchmarkDotNet.Running;
using Weir.Engine.Bench;

BenchmarkSwitcher.FromAssembly(typeof(EncodeBench).Assembly).Run(args, new BenchConfig());
