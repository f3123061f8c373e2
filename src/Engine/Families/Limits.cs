namespace Weir.Engine.Families;

/// <summary>Largest values taken from a configuration: far over any model's, far under what could overflow or exhaust.</summary>
internal static class Limits
{
    public const int Layers = 4096;
    public const int Width = 1 << 20;
    public const int Heads = 1 << 14;
    public const int HeadSize = 1 << 13;
    public const int Vocabulary = 1 << 24;
    public const int Context = 1 << 28;
}
