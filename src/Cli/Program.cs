return await Weir.Cli.ProcessHost.RunAsync(args);
