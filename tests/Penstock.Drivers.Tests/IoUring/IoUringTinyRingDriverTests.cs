using Penstock.Drivers.Tests.Contract;

namespace Penstock.Drivers.Tests.IoUring;

public sealed class IoUringTinyRingDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new IoUringFixture(new(8, 32, 64, 4096, Incremental: true));
}
