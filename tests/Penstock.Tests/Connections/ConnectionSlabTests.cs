using Penstock.Connections;
using Penstock.Drivers;

namespace Penstock.Tests.Connections;

/// <summary>
/// Slots alone: connections here are never opened, so what a slab says of a key in use is seen by its generation.
/// </summary>
public sealed class ConnectionSlabTests
{
    private const int Capacity = 8;

    private readonly ConnectionSlab _slab = new(new StandInLoop(Capacity), Capacity);

    [Fact]
    public void Slots_are_given_out_until_all_are_in_use()
    {
        Connection[] rented = [.. Enumerable.Range(0, Capacity).Select(_ => _slab.TryRent()!)];
        Assert.True(_slab.IsFull);
        Assert.Null(_slab.TryRent());
        Assert.Equal(Enumerable.Range(0, Capacity), rented.Select(connection => connection.Key.Index));

        _slab.Return(rented[3]);
        Assert.False(_slab.IsFull);
        Assert.Equal(3, _slab.TryRent()!.Key.Index);
    }

    [Fact]
    public void The_slot_freed_last_is_taken_first_with_the_same_object_and_another_generation()
    {
        Connection first = _slab.TryRent()!;
        Connection second = _slab.TryRent()!;
        (SlotKey firstKey, SlotKey secondKey) = (first.Key, second.Key);
        _slab.Return(first);
        _slab.Return(second);

        Assert.Same(second, _slab.TryRent());
        Assert.Same(first, _slab.TryRent());
        Assert.Equal((firstKey.Index, secondKey.Index), (first.Key.Index, second.Key.Index));
        Assert.NotEqual(firstKey.Generation, first.Key.Generation);
        Assert.NotEqual(secondKey.Generation, second.Key.Generation);
    }

    [Fact]
    public void Returning_twice_throws_and_names_the_slot()
    {
        Connection connection = _slab.TryRent()!;
        SlotKey key = connection.Key;
        _slab.Return(connection);
        var thrown = Assert.Throws<InvalidOperationException>(() => _slab.Return(connection));
        Assert.Contains(key.ToString(), thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0, _slab.Count);
    }

    [Fact]
    public void A_key_that_is_stale_unknown_or_out_of_range_is_not_found()
    {
        Connection connection = _slab.TryRent()!;
        SlotKey key = connection.Key;
        _slab.Return(connection);
        _slab.TryRent();

        Assert.False(_slab.TryGet(key, out _));
        Assert.False(_slab.TryGet(default, out _));
        Assert.False(_slab.TryGet(new SlotKey(-1, 1), out _));
        Assert.False(_slab.TryGet(new SlotKey(Capacity, 1), out _));
        Assert.False(_slab.TryGet(new SlotKey(int.MaxValue, 1), out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_renting_and_returning_never_gives_a_slot_or_a_key_twice(int seed)
    {
        var random = new Random(seed);
        List<Connection> rented = [];
        HashSet<SlotKey> everUsed = [];
        for (int i = 0; i < 5_000; i++)
        {
            if (random.Next(2) == 0 && _slab.TryRent() is { } connection)
            {
                Assert.True(everUsed.Add(connection.Key), "no key names two uses");
                Assert.DoesNotContain(rented, other => other.Key.Index == connection.Key.Index);
                Assert.Same(connection, _slab[connection.Key.Index]);
                rented.Add(connection);
            }
            else if (rented.Count > 0)
            {
                int index = random.Next(rented.Count);
                _slab.Return(rented[index]);
                rented.RemoveAt(index);
            }

            Assert.Equal(rented.Count, _slab.Count);
            Assert.Equal(rented.Count == Capacity, _slab.IsFull);
        }
    }
}
