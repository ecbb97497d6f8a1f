using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[UnsupportedOSPlatform("windows")]
public sealed class SpinOneShotDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => new SpinPoller(), Trigger.OneShot, sleeps: false);
}
