using Penstock.Timing;

namespace Penstock.Drivers.Tests.Contract;

public sealed class BlockingDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } = new BlockingFixture();

    private sealed class BlockingFixture : DriverFixture
    {
        public override IoDriver Create(DriverLimits limits) =>
            new BlockingDriver(LoopClock.System, limits, maxEmptySlices: null);
    }
}
