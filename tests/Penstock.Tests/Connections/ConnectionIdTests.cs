using Penstock.Drivers;

namespace Penstock.Tests.Connections;

public sealed class ConnectionIdTests
{
    [Fact]
    public void It_prints_loop_slot_and_generation() =>
        Assert.Equal("2:17#3", new ConnectionId(2, new SlotKey(17, 3)).ToString());

    [Fact]
    public void Two_are_equal_when_loop_slot_and_generation_are()
    {
        var id = new ConnectionId(0, new SlotKey(17, 3));
        Assert.Equal(id, new ConnectionId(0, new SlotKey(17, 3)));
        Assert.NotEqual(id, new ConnectionId(1, new SlotKey(17, 3)));
        Assert.NotEqual(id, new ConnectionId(0, new SlotKey(18, 3)));
        Assert.NotEqual(id, new ConnectionId(0, new SlotKey(17, 4)));
    }

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(1, uint.MaxValue)]
    [InlineData(int.MaxValue, 1u)]
    public void A_key_survives_the_kernels_64_bits(int index, uint generation)
    {
        var key = new SlotKey(index, generation);
        Assert.Equal(key, SlotKey.Unpack(key.Packed));
    }
}
