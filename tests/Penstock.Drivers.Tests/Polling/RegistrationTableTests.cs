using Penstock.Net;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

public sealed class RegistrationTableTests
{
    private readonly RegistrationTable _table = new();

    [Fact]
    public void Capacity_follows_the_number_of_entries_down_again()
    {
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, 1_000);
        foreach (int descriptor in copies.Descriptors)
            Assert.Equal(0, _table.Add(descriptor, 1, Interest.Readable, Trigger.Level));
        Assert.Equal(1_024, _table.ActiveCapacity);
        foreach (int descriptor in copies.Descriptors)
            Assert.Equal(0, _table.Remove(descriptor));
        Assert.Equal(RegistrationTable.MinCapacity, _table.ActiveCapacity);
    }

    [Fact]
    public void Capacity_stays_when_half_of_the_entries_leave()
    {
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, 129);
        foreach (int descriptor in copies.Descriptors)
            Assert.Equal(0, _table.Add(descriptor, 1, Interest.Readable, Trigger.Level));
        Assert.Equal(256, _table.ActiveCapacity);
        foreach (int descriptor in copies.Descriptors.Take(60))
            Assert.Equal(0, _table.Modify(descriptor, 1, Interest.None, Trigger.Level));
        Assert.Equal(256, _table.ActiveCapacity);
    }

    [Fact]
    public void A_paused_entry_is_not_among_those_the_kernel_walks()
    {
        using var pair = new ConnectedPair();
        Assert.Equal(0, _table.Add(pair.Descriptor, 1, Interest.Readable, Trigger.Level));
        Assert.Equal(1, _table.ActiveCount);
        Assert.Equal(0, _table.Modify(pair.Descriptor, 1, Interest.None, Trigger.Level));
        Assert.Equal(0, _table.ActiveCount);
        Assert.Equal(-Errno.EEXIST, _table.Add(pair.Descriptor, 1, Interest.Readable, Trigger.Level));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_operations_agree_with_a_dictionary(int seed)
    {
        using var pair = new ConnectedPair();
        using var copies = new Duplicates(pair.Descriptor, 200);
        var model = new RegistrationModel();
        var random = new Random(seed);
        for (int step = 0; step < 100_000; step++)
        {
            int descriptor = copies.Descriptors[random.Next(copies.Descriptors.Count)];
            if (random.Next(4) == 0)
                ReportOne(model, random);
            else
                ChangeOne(model, random, descriptor);
            Assert.Equal(model.ActiveCount, _table.ActiveCount);
            if (step % 1_000 == 0)
                AssertSameEntries(model);
        }
    }

    private void ChangeOne(RegistrationModel model, Random random, int descriptor)
    {
        ulong key = (ulong)random.NextInt64();
        var interest = (Interest)random.Next(4);
        Trigger trigger = random.GetItems([Trigger.Level, Trigger.OneShot, Trigger.Dispatch], 1)[0];
        (int expected, int actual) = random.Next(3) switch
        {
            0 => (model.Add(descriptor, key, interest, trigger), _table.Add(descriptor, key, interest, trigger)),
            1 => (model.Modify(descriptor, key, interest, trigger), _table.Modify(descriptor, key, interest, trigger)),
            _ => (model.Remove(descriptor), _table.Remove(descriptor)),
        };
        Assert.Equal(expected, actual);
    }

    private void ReportOne(RegistrationModel model, Random random)
    {
        if (_table.ActiveCount == 0)
            return;
        if (random.Next(2) == 0)
            _table.Skip();
        int descriptor = _table.Current.Descriptor;
        Registration reported = _table.Report();
        Assert.Equal(model.Report(descriptor), (reported.Key, reported.Interest));
    }

    private unsafe void AssertSameEntries(RegistrationModel model)
    {
        var entries = new Dictionary<int, short>();
        for (int i = 0; i < _table.ActiveCount; i++)
            entries.Add(_table.Active[i].Descriptor, _table.Active[i].Requested);
        Assert.Equal(model.ActiveMasks(), entries);
        Assert.InRange(_table.ActiveCount, 0, _table.ActiveCapacity);
    }
}
