from kaibo.language.segmentation import search_words, words


def test_words_cover_the_text_and_know_their_place():
    text = "这件衣服质量不好，起球"
    cut = words(text)
    assert "".join(word.text for word in cut) == text
    assert all(text[word.start : word.end] == word.text for word in cut)
    assert "质量" in [word.text for word in cut]


def test_search_words_leave_marks_out():
    assert "，" not in search_words("衣服，质量") and "衣服" in search_words("衣服，质量")
