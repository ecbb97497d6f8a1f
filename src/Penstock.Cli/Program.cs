using Penstock.Cli;

return await CommandLine.RunAsync(args);
