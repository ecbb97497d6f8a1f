using Penstock.Simulation.Tests.Scenarios;

namespace Penstock.Simulation.Tests;

public class ChaosTests
{
    private const int Seeds = 60;

    [Fact]
    public void The_readiness_adapter_echoes_byte_exactly_whatever_its_poller_and_the_kernel_say()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Readiness needs a POSIX system.");
        long disturbances = 0;
        for (ulong seed = 1; seed <= Seeds; seed++)
            disturbances += SeedRunner.Run(ScenarioCatalog.Chaos, seed).Faults;

        Assert.True(disturbances > Seeds, "hardly anything was disturbed");
    }
}
