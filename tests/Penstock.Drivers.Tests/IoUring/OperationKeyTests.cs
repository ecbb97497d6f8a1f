namespace Penstock.Drivers.Tests.IoUring;

public sealed class OperationKeyTests
{
    [Fact]
    public void Kind_slot_and_generation_survive_the_64_bits_that_the_kernel_carries()
    {
        int[] indexes = [0, 1, 65_599, OperationKey.MaxSlots - 1];
        uint[] generations = [0, 1, 0x8000_0000, uint.MaxValue];
        OperationKey[] keys =
        [
            .. from kind in Enum.GetValues<Operations>()
               from index in indexes
               from generation in generations
               select new OperationKey(kind, new SlotKey(index, generation)),
        ];
        Assert.Equal(keys, keys.Select(key => OperationKey.Unpack(key.Packed)));
        Assert.Equal(keys.Length, keys.Select(key => key.Packed).Distinct().Count());
    }

    [Fact]
    public void Slots_and_operations_do_not_overlap()
    {
        const Operations all = Operations.Cancel | Operations.AwaitRoom;
        var key = new OperationKey(all, new SlotKey(OperationKey.MaxSlots - 1, uint.MaxValue));
        Assert.Equal(all, OperationKey.Unpack(key.Packed).Operation);
    }
}
