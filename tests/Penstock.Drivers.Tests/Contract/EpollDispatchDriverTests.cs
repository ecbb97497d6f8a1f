using System.Runtime.Versioning;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[SupportedOSPlatform("linux")]
public sealed class EpollDispatchDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => new EpollPoller(), Trigger.Dispatch);
}
