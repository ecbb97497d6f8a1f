using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[UnsupportedOSPlatform("windows")]
public sealed class KqueueEdgeDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => CreateOrSkip(), Trigger.Edge);

    private static KqueuePoller CreateOrSkip()
    {
        Assert.SkipUnless(KqueuePoller.IsAvailable, "this machine has no kqueue");
        return new KqueuePoller();
    }
}
