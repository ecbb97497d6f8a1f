using System.Globalization;
using Penstock.Simulation.Tests;
using Penstock.Simulation.Tests.Fuzz;
using Penstock.Simulation.Tests.Scenarios;

if (args.Length > 0 && ScenarioCatalog.Contains(args[0]))
    return SeedRunner.RunCommand(args);

if (args is ["fuzz", ..])
{
    int inputs = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
    foreach (string decoder in DecoderFuzz.Names.Where(name => args.Length < 3 || name == args[2]))
    {
        DecoderFuzz.Run(decoder, inputs);
        Console.WriteLine($"{decoder}: {inputs} inputs");
    }

    return 0;
}

return await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
