"""Linked data (JSON-LD) as a paper puts it into its pages."""

from typing import Any
from urllib.parse import quote

from services.newsstand.press import Story


def describe_article(story: Story, site: str) -> dict[str, Any]:
    """The article as a schema.org NewsArticle."""
    article, paper = story.article, story.paper
    home = f"{site}/{paper.key}/"
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": site + quote(story.path)},
        "headline": article.headline,
        "description": article.standfirst,
        "image": [site + quote(story.picture_path)] if story.picture_path else [],
        "datePublished": story.published_at.isoformat(timespec="seconds"),
        "dateModified": story.modified_at.isoformat(timespec="seconds"),
        "author": [{"@type": "Person", "name": name, "url": f"{home}a-propos"} for name in article.byline]
        or {"@type": "Organization", "name": paper.name},
        "publisher": {
            "@type": "NewsMediaOrganization",
            "name": paper.name,
            "logo": {"@type": "ImageObject", "url": f"{home}emblem.png"},
        },
        "articleSection": paper.section(article.section).name,
        "inLanguage": paper.language,
        "isAccessibleForFree": True,
    }


def describe_crumbs(story: Story, site: str) -> dict[str, Any]:
    """The way from the front page to the article."""
    paper, section = story.paper, story.paper.section(story.article.section)
    home = f"{site}/{paper.key}/"
    steps = (("Accueil", home), (section.name, f"{home}{quote(section.path)}/"))
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": address}
            for position, (name, address) in enumerate(steps, start=1)
        ],
    }
