using System.Runtime.Versioning;
using Penstock.Drivers.Tests.Polling;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Contract;

[UnsupportedOSPlatform("windows")]
public sealed class KqueueEdgeDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new ReadinessFixture(() => KqueueRequirement.CreateOrSkip(), Trigger.Edge);
}
