using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[SupportedOSPlatform("linux")]
public sealed class EpollOneShotDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => new EpollPoller(), Trigger.OneShot);
}
