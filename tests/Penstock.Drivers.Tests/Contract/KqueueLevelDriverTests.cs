using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[UnsupportedOSPlatform("windows")]
public sealed class KqueueLevelDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => CreateOrSkip(), Trigger.Level);

    private static KqueuePoller CreateOrSkip()
    {
        Assert.SkipUnless(KqueuePoller.IsAvailable, "this machine has no kqueue");
        return new KqueuePoller();
    }
}
