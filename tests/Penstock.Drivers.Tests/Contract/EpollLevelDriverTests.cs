using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[SupportedOSPlatform("linux")]
public sealed class EpollLevelDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => new EpollPoller(), Trigger.Level);
}
