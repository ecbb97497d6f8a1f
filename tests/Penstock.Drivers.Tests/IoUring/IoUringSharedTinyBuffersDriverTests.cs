using Penstock.Drivers.Tests.Contract;

namespace Penstock.Drivers.Tests.IoUring;

public sealed class IoUringSharedTinyBuffersDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new IoUringFixture(new(64, 256, 4, 64, Incremental: true));
}
