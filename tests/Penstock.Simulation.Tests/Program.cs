using Penstock.Simulation.Tests;
using Penstock.Simulation.Tests.Scenarios;

if (args.Length > 0 && ScenarioCatalog.Contains(args[0]))
    return SeedRunner.RunCommand(args);

return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
