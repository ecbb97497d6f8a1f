using Penstock.Drivers.Tests.Contract;

namespace Penstock.Drivers.Tests.IoUring;

public sealed class IoUringOverflowingDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new IoUringFixture(new(8, 8, 16, 128, Incremental: true));
}
