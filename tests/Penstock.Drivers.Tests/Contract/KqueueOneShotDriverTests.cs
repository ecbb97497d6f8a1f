using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[UnsupportedOSPlatform("windows")]
public sealed class KqueueOneShotDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => CreateOrSkip(), Trigger.OneShot);

    private static KqueuePoller CreateOrSkip()
    {
        Assert.SkipUnless(KqueuePoller.IsAvailable, "this machine has no kqueue");
        return new KqueuePoller();
    }
}
