using System.Globalization;
using Penstock.Simulation.Tests;
using Penstock.Simulation.Tests.Fuzz;
using Penstock.Simulation.Tests.Scenarios;
using Xunit.MicrosoftTestingPlatform;

if (args.Length > 0 && ScenarioCatalog.Contains(args[0]))
    return SeedRunner.RunCommand(args);

if (args is ["fuzz", ..])
{
    int inputs = 10_000;
    if (args.Length > 1 && !int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out inputs))
    {
        Console.Error.WriteLine("usage: fuzz [INPUTS [PARSER]]");
        return SeedRunner.WrongUsage;
    }

    foreach (string decoder in DecoderFuzz.Names.Where(name => args.Length < 3 || name == args[2]))
    {
        DecoderFuzz.Run(decoder, inputs);
        Console.WriteLine($"{decoder}: {inputs} inputs");
    }

    return 0;
}

return await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
