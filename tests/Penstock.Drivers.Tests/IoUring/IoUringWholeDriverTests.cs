using Penstock.Drivers.Tests.Contract;

namespace Penstock.Drivers.Tests.IoUring;

public sealed class IoUringWholeDriverTests : DriverContract
{
    private protected override DriverFixture Fixture { get; } =
        new IoUringFixture(IoUringSizes.Default with { Incremental = false });
}
