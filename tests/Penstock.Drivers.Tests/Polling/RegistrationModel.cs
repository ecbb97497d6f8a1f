using Penstock.Net;
using Penstock.Polling;

namespace Penstock.Drivers.Tests.Polling;

/// <summary>What <see cref="RegistrationTable"/> has to do, in the plainest way.</summary>
internal sealed class RegistrationModel
{
    private readonly Dictionary<int, Entry> _entries = [];
    private readonly HashSet<int> _fired = [];

    internal int ActiveCount => _entries.Values.Count(entry => entry.IsActive);

    internal int Add(int descriptor, ulong key, Interest interest, Trigger trigger)
    {
        if (_entries.ContainsKey(descriptor) && trigger != Trigger.OneShot)
            return -Errno.EEXIST;
        _fired.Remove(descriptor);
        _entries[descriptor] = new Entry(key, interest, trigger, interest != Interest.None);
        return 0;
    }

    internal int Modify(int descriptor, ulong key, Interest interest, Trigger trigger)
    {
        if (!_entries.ContainsKey(descriptor))
            return -Errno.ENOENT;
        _entries[descriptor] = new Entry(key, interest, trigger, interest != Interest.None);
        return 0;
    }

    internal int Remove(int descriptor) =>
        _entries.Remove(descriptor) || _fired.Remove(descriptor) ? 0 : -Errno.ENOENT;

    internal (ulong Key, Interest Interest) Report(int descriptor)
    {
        Entry entry = _entries[descriptor];
        Assert.True(entry.IsActive);
        if (entry.Trigger == Trigger.Dispatch)
            _entries[descriptor] = entry with { IsActive = false };
        if (entry.Trigger == Trigger.OneShot)
        {
            _entries.Remove(descriptor);
            _fired.Add(descriptor);
        }
        return (entry.Key, entry.Interest);
    }

    internal Dictionary<int, short> ActiveMasks() => _entries
        .Where(pair => pair.Value.IsActive)
        .ToDictionary(pair => pair.Key, pair => (short)ReadinessMask.From(pair.Value.Interest));

    private sealed record Entry(ulong Key, Interest Interest, Trigger Trigger, bool IsActive);
}
