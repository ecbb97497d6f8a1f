using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[UnsupportedOSPlatform("windows")]
public sealed class PollOneShotDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => new PollPoller(), Trigger.OneShot);
}
