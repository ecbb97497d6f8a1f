namespace Penstock.KeyValue.Protocol;

/// <summary>What a <see cref="KeyValueMessage"/> is.</summary>
internal enum MessageKind : uint
{
    Get = 1,
    GetResponse = 2,
    PutOrUpdate = 3,
}
